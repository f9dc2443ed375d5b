"""The few special functions that the statistics need: incomplete beta and gamma, their quantiles, binomial and Poisson.

Own code, so that a node needs no numerical library; `tests/conformance/test_effect_against_scipy.py` holds it to 1e-9 of scipy's.

* Densities by Loader's saddle point (C. Loader, "Fast and accurate computation of binomial probabilities", 2000): the large logarithms
  that would cancel are never formed.
* Regularised incomplete beta I_x(a, b): continued fraction DLMF 8.17.22, evaluated by the method of Lentz as modified by Thompson and
  Barnett (1986). Regularised incomplete gamma: series DLMF 8.11.4 below the mean, continued fraction DLMF 8.9.2 above it.
* Quantile: Newton steps kept inside a bracket that is halved whenever a step would leave it.
"""

from __future__ import annotations

import math

from detente.errors import InvalidStatement

SHAPE_MAX = 1_000_000.0  # counts beyond this are not what the method is for, and would take long
_STEPS_MAX = 20_000
_TINY = 1e-300  # stands in for a denominator of 0 in a continued fraction
_CLOSE = 1e-16


def beta_cdf(a: float, b: float, x: float) -> float:
    """I_x(a, b): the chance that a Beta(a, b) variable is at most x. 0 < a, b ≤ SHAPE_MAX; x is cut to [0, 1]."""
    _require_shapes(a, b)
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    return _beta_cdf(a, b, x, 1.0 - x)[0]


def beta_quantile(a: float, b: float, p: float) -> float:
    """The x with I_x(a, b) = p."""
    odds = beta_odds_quantile(a, b, p)
    return odds / (1.0 + odds) if odds < math.inf else 1.0


def beta_odds_quantile(a: float, b: float, p: float) -> float:
    """x/(1-x) at the x with I_x(a, b) = p. The odds keep their digits where x lies so near 1 that 1-x would lose them."""
    _require_shapes(a, b)
    _require_chance(p)
    if p in (0.0, 1.0):
        return math.inf if p else 0.0
    # In z = log(x/(1-x)) the distribution has no edges, and both tails are nearly straight lines in log p.
    centre = math.log(a) - math.log(b)
    width = math.sqrt(1.0 / a + 1.0 / b)
    low, high = -math.inf, math.inf
    z = centre + width * _normal_quantile(p) - (1.0 / a - 1.0 / b) / 3.0
    for _ in range(200):
        x, y = _logistic(z)
        value, slope = _beta_cdf(a, b, x, y)
        if value > p:
            high = z
        else:
            low = z
        step = _newton_step(value, p, slope)
        if abs(step) <= 1e-9:
            return math.exp(z - step)  # Newton squares the error: what is left is beyond the last digit
        z = _inside(z - step, low, high, z, 8.0 * width + 8.0)
    return math.exp(z)


def f_quantile(d1: float, d2: float, p: float) -> float:
    """The p-quantile of Fisher's F with d1 and d2 degrees of freedom."""
    return beta_odds_quantile(d1 / 2.0, d2 / 2.0, p) * d2 / d1


def gamma_tail(a: float, x: float) -> float:
    """Q(a, x): the chance that a Gamma(a, 1) variable is more than x; P(Poisson(x) ≤ a - 1) for whole a."""
    if not 0.0 < a <= SHAPE_MAX:
        raise InvalidStatement(f"the shape of a gamma distribution lies in (0, {SHAPE_MAX:,.0f}]; got {a}")
    if x <= 0.0:
        return 1.0
    if x < a + 1.0:
        term = total = 1.0
        k = a
        for _ in range(_STEPS_MAX):
            k += 1.0
            term *= x / k
            total += term
            if term < total * _CLOSE:
                break
        return max(0.0, 1.0 - poisson_density(a, x) * total)
    # Lentz on 1/(x+1-a- 1(1-a)/(x+3-a- …
    b = x + 1.0 - a
    c = 1.0 / _TINY
    d = 1.0 / b
    value = d
    for i in range(1, _STEPS_MAX):
        term = -i * (i - a)
        b += 2.0
        d = 1.0 / ((term * d + b) or _TINY)
        c = (b + term / c) or _TINY
        change = c * d
        value *= change
        if abs(change - 1.0) < 2e-16:
            break
    return min(1.0, poisson_density(a, x) * a * value)


def chi2_tail(degrees: float, x: float) -> float:
    """The chance that chi-square with so many degrees of freedom is more than x."""
    return gamma_tail(degrees / 2.0, x / 2.0)


def poisson_density(k: float, mean: float) -> float:
    """mean^k e^-mean / Γ(k+1); k need not be whole."""
    if mean <= 0.0:
        return 1.0 if k == 0 else 0.0
    if k <= 0.0:
        return math.exp(-mean)
    return math.exp(-_stirling_error(k) - _deviance(k, mean)) / math.sqrt(2.0 * math.pi * k)


def binomial_density(k: int, n: int, p: float) -> float:
    """The chance of exactly k of n, each with chance p."""
    if p <= 0.0 or p >= 1.0:
        return 1.0 if k == (n if p >= 1.0 else 0) else 0.0
    if k == 0:
        return math.exp(n * math.log1p(-p))
    if k == n:
        return math.exp(n * math.log(p))
    return _saddle(float(k), float(n - k), p, 1.0 - p)


def binomial_tails(k: int, n: int, p: float) -> tuple[float, float]:
    """P(X ≤ k) and P(X ≥ k)."""
    at_most = 1.0 if k >= n else 0.0 if k < 0 else beta_cdf(n - k, k + 1.0, 1.0 - p)
    at_least = 1.0 if k <= 0 else 0.0 if k > n else beta_cdf(float(k), n - k + 1.0, p)
    return at_most, at_least


def _saddle(a: float, b: float, x: float, y: float) -> float:
    """Γ(a+b+1)/(Γ(a+1)Γ(b+1)) x^a y^b."""
    n = a + b
    exponent = _stirling_error(n) - _stirling_error(a) - _stirling_error(b) - _deviance(a, n * x) - _deviance(b, n * y)
    return math.exp(exponent) * math.sqrt(n / (2.0 * math.pi * a * b))


def _stirling_error(z: float) -> float:
    """log Γ(z+1) less Stirling's first terms (z + 1/2) log z - z + log(2π)/2."""
    if z < 16.0:
        return math.lgamma(z + 1.0) - (z + 0.5) * math.log(z) + z - 0.5 * math.log(2.0 * math.pi)
    s = 1.0 / (z * z)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 * s) * s) * s) * s) / z


def _deviance(k: float, mean: float) -> float:
    """k log(k/mean) + mean - k, without cancellation when k is near the mean."""
    if mean <= 0.0:
        return math.inf
    v = (k - mean) / (k + mean)
    if abs(v) >= 0.1:
        return k * math.log(k / mean) + mean - k
    # log(k/mean) = 2 artanh v; the first term of the series is what mean - k takes away.
    total = (k - mean) * v
    term = 2.0 * k * v
    for j in range(1, 1000):
        term *= v * v
        new = total + term / (2 * j + 1)
        if new == total:
            break
        total = new
    return total


def _beta_cdf(a: float, b: float, x: float, y: float) -> tuple[float, float]:
    """I_x(a, b), y = 1 - x given apart; and x^a y^b / B(a, b), which is its slope in log(x/y)."""
    front = _saddle(a, b, x, y) * a / (a + b) * b
    # The fraction converges fast below the mean; above it the other tail is small and is taken instead.
    if x * (a + b + 2.0) < a + 1.0:
        return min(1.0, front * _beta_fraction(a, b, x) / a), front
    return max(0.0, 1.0 - front * _beta_fraction(b, a, y) / b), front


def _beta_fraction(a: float, b: float, x: float) -> float:
    total, above, below = a + b, a + 1.0, a - 1.0
    c = 1.0
    d = 1.0 / ((1.0 - total * x / above) or _TINY)
    value = d
    for m in range(1, _STEPS_MAX):
        twice = a + 2 * m
        even = m * (b - m) * x / ((below + 2 * m) * twice)
        d = 1.0 / ((1.0 + even * d) or _TINY)
        c = (1.0 + even / c) or _TINY
        value *= c * d
        odd = -(a + m) * (total + m) * x / (twice * (above + 2 * m))
        d = 1.0 / ((1.0 + odd * d) or _TINY)
        c = (1.0 + odd / c) or _TINY
        change = c * d
        value *= change
        if abs(change - 1.0) < 3e-16:
            break
    return value


def _logistic(z: float) -> tuple[float, float]:
    """x and 1 - x for z = log(x/(1-x)), each with all its digits."""
    if z < 0.0:
        e = math.exp(z)
        return e / (1.0 + e), 1.0 / (1.0 + e)
    e = math.exp(-z)
    return 1.0 / (1.0 + e), e / (1.0 + e)


def _newton_step(value: float, p: float, slope: float) -> float:
    """A Newton step on the log of whichever tail is small: there the curve is nearly straight."""
    if slope <= 0.0:
        return math.inf if value > p else -math.inf
    if p < 0.5 and value > 0.0:
        return value * math.log(value / p) / slope
    if p >= 0.5 and value < 1.0:
        return -(1.0 - value) * math.log((1.0 - value) / (1.0 - p)) / slope
    return (value - p) / slope


def _inside(wanted: float, low: float, high: float, now: float, stride: float) -> float:
    """The wanted place if it lies in the bracket and not too far off; else half of the bracket, or a stride outwards."""
    if low < wanted < high and abs(wanted - now) <= stride:
        return wanted
    if math.isinf(low):
        return now - stride
    if math.isinf(high):
        return now + stride
    return (low + high) / 2.0


def _normal_quantile(p: float) -> float:
    """To three digits: Abramowitz & Stegun 26.2.23. Only where the iteration begins depends on it."""
    tail = min(p, 1.0 - p)
    t = math.sqrt(-2.0 * math.log(tail))
    top = 2.515517 + t * (0.802853 + t * 0.010328)
    value = t - top / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    return -value if p < 0.5 else value


def _require_shapes(a: float, b: float) -> None:
    if not (0.0 < a <= SHAPE_MAX and 0.0 < b <= SHAPE_MAX):
        raise InvalidStatement(f"the shapes of a beta distribution lie in (0, {SHAPE_MAX:,.0f}]; got {a} and {b}")


def _require_chance(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise InvalidStatement(f"a probability lies between 0 and 1; got {p}")
