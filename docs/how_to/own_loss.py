"""A loss of one's own: how far the mean colour of a picture is off."""


def mean_colour(output, batch, power=1.0):
    """Return the distance of the mean colours of expected picture and target, summed over channels, shape (B,)."""
    expected = output.likelihood.mean.mean(dim=(2, 3))
    found = batch.target.mean(dim=(2, 3))
    return (expected - found).abs().pow(power).sum(dim=1)
