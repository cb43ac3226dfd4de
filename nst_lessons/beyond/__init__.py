"""Beyond Gatys: what came after 2015. Each module stands for itself; import what you need from it."""
