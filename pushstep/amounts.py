"""Numbers as people read them, the same in log, plan and summary."""

_UNITS = ("B", "kB", "MB", "GB", "TB")


def size(count: float) -> str:
    """So many bytes, decimal as registries and disks count them: `812 B`, `12.3 MB`."""
    number, unit = _in_unit(count)
    return f"{number} {unit}"


def size_of(done: float, total: float) -> str:
    """How much of something: `12.3 of 48.0 MB`, `812 B of 1.2 GB`."""
    number, unit = _in_unit(done)
    whole, its_unit = _in_unit(total)
    return f"{number} of {whole} {unit}" if unit == its_unit else f"{number} {unit} of {whole} {its_unit}"


def counted(number: int, noun: str) -> str:
    """`1 tag`, `2 tags`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _in_unit(count: float) -> tuple[str, str]:
    step, value = 0, float(count)
    # rounded first: 999,960 bytes are 1.0 MB and not 1000.0 kB
    while round(value, 1) >= 1000 and step + 1 < len(_UNITS):  # noqa: PLR2004
        value /= 1000
        step += 1
    return (f"{value:.1f}" if step else f"{value:.0f}"), _UNITS[step]
