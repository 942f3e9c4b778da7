"""The numbers of the target as dated sets: read, begun anew from a day, taken back."""
