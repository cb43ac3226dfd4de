"""Makes student notebooks, single files, a bundle for Kaggle and slides from the solutions."""
