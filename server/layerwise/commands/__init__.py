"""One file per package manager: which commands install, what they read, what makes a split unsafe."""
