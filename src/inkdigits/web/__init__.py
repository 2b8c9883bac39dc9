"""The page as a folder of files: the network runs in the browser, and no server is needed."""
