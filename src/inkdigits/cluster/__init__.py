"""Reading collections of millions of pictures, on one machine or on many (extra `cluster`)."""
