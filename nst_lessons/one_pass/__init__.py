"""Style transfer in one forward pass, without optimisation: lessons 07 and 08."""
