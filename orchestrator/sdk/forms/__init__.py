"""How authors write nodes: classes, functions, handlers, declared sockets, params."""
