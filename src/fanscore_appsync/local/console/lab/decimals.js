/** Decimal numbers, compared and rounded exactly. None is ever a float. */

const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Read a decimal number in plain digits.
 *
 * @param {string} text such as "-0.25"; without an exponent
 * @returns {{units: bigint, decimals: number}} units of the last decimal
 */
export function decimal(text) {
  const [, sign, whole, fraction = ""] = PLAIN.exec(text) ?? [];
  if (whole === undefined) throw new RangeError(`not a plain decimal number: ${text}`);
  const units = BigInt(whole + fraction);
  return { units: sign ? -units : units, decimals: fraction.length };
}

/** Whether one decimal number is less than another. */
export function isLess(one, other) {
  if (one.decimals === other.decimals) return one.units < other.units;
  if (one.decimals < other.decimals) {
    return one.units * power(other.decimals - one.decimals) < other.units;
  }
  return one.units < other.units * power(one.decimals - other.decimals);
}

/** Round a decimal number to an integer, halves away from zero. */
export function roundHalfUp({ units, decimals }) {
  const one = power(decimals);
  const size = units < 0n ? -units : units;
  const rounded = (2n * size + one) / (2n * one);
  return units < 0n ? -rounded : rounded;
}

const powers = [1n];

function power(exponent) {
  while (powers.length <= exponent) powers.push(powers.at(-1) * 10n);
  return powers[exponent];
}
