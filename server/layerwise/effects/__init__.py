"""What programs do to an image besides what their own words say: the files that they read without a name for them."""
