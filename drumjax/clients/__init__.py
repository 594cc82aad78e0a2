"""Clients in other programs: the Pure Data patch, the Max for Live device, and their builders."""
