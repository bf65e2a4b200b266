"""What a client can ask, one short method a request, a file for each subject; `ibfast.Client` is all of them."""
