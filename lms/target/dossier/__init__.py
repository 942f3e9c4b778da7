"""What one person takes away of her training: the record as PDF and the bundle of evidence."""
