"""Instruments in other people's programs: the Pure Data patch and the Max for Live device, and what builds them."""
