"""Short stories in Debian's Chromium, and every page looked at by axe and by its width."""
