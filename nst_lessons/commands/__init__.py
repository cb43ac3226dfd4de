"""The commands of `nst-lessons`, a module each: `add(commands)` tells argparse of it, and sets what it runs."""
