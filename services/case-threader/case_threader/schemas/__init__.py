"""What goes over HTTP, apart from the tables: an API does not change because a column did."""
