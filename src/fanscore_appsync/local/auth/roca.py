"""The fingerprint of RSA keys that a faulty library made (ROCA, CVE-2017-15361).

Its primes are powers of 65537 modulo a product of small primes, and so is the modulus. The factors
of such a modulus can be found, and signatures be forged. Where the modulus is such a power modulo
every small prime, it is of that form: of other moduli, fewer than one in a hundred million is.

See Nemec, Sys, Svenda, Klinec, Matyas: The Return of Coppersmith's Attack (CCS 2017), section 3.
"""

from __future__ import annotations

from collections.abc import Iterator

_GENERATOR = 65537
_PRIMES = (
    *(3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97),
    *(101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167),
)


def has_roca_fingerprint(modulus: int) -> bool:
    """Return whether an RSA modulus has the form that the faulty library gave it."""
    return all(modulus % prime in powers for prime, powers in _POWERS.items())


def _powers(prime: int) -> Iterator[int]:
    """Yield the powers of the generator modulo a prime, each once."""
    power = 1
    while True:
        yield power
        power = power * _GENERATOR % prime
        if power == 1:
            return


_POWERS = {prime: frozenset(_powers(prime)) for prime in _PRIMES}
