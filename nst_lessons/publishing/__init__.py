"""What is made from the solutions: student notebooks, single files, a bundle for Kaggle, slides."""
