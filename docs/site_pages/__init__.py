"""The parts of the site that are read off the code and the pages."""
