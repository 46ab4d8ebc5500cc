"""How authors write nodes: classes, functions, handlers, declared sockets, params; what is told of them."""
