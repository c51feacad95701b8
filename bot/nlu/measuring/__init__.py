"""`siaga nlu test`: how well an interpreter understands messages that it was not trained on."""
