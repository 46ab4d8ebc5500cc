print("forty two", 6 * 7)
