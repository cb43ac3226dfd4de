"""What students answer, beside CASES: for each lesson right answers in many styles, and wrong ones by their kind."""
