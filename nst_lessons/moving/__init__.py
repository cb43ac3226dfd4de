"""Moving pictures and stereo pairs: lesson 09."""
