"""The same work by the database driver alone: what remains to be gained lies between a row and its floor."""
