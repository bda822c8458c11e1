"""Files that commands write into a folder of the user's, as they are here."""
