"""Every picture that we draw, as files and in the terminal; import the modules where needed."""
