//! What staff see and press: one small machine per screen, on a stack of layers.
