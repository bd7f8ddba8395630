"""`clearhead train translator`: the encoder–decoder of 2017, trained on English sentences and their French."""
