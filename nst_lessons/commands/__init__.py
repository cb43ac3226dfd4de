"""The commands of `nst-lessons`, one module each: `add(commands)` describes it to argparse and sets the function it runs."""
