"""Training on the array itself: answers of its oscillators to drives, and models trained back."""
