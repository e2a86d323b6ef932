// One of several workers that look for the counter of an ALTCHA v2 proof of work: the one whose PBKDF2 key starts with the prefix.

const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

self.onmessage = async ({ data: { parameters, first, step } }) => {
  const hash = parameters.algorithm.replace("PBKDF2/", "");
  const salt = unhex(parameters.salt);
  const nonce = unhex(parameters.nonce);
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  const counted = new DataView(password.buffer, nonce.length);
  for (let counter = first; counter <= 0xffffffff; counter += step) {
    counted.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash, salt, iterations: parameters.cost }, key, parameters.keyLength * 8);
    const derivedKey = hex(new Uint8Array(bits));
    if (derivedKey.startsWith(parameters.keyPrefix)) {
      self.postMessage({ counter, derivedKey });
      return;
    }
  }
};
