"""Rules and the code that checks them."""
