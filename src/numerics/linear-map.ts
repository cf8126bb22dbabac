/**
 * The one expensive thing a network does: a linear map of N rows at once, and its two gradients.
 *
 *   y (N, R) += x (N, K) · wᵀ        w is (R, K), one row per output
 *   dx (N, K) += dy (N, R) · w
 *   dw (R, K) += dyᵀ · x
 *
 * A sum is one chain of dependent additions and would leave the processor waiting, so each loop
 * carries the chains of four neighbouring outputs side by side. Every element is still summed from
 * its start value in rising order of the index, so its bits depend neither on N nor on its place.
 * (Two rows of x at a time gained 6 % and were not worth a second copy of the loop.) Arrays are
 * dense, row-major and owned by the caller; outputs must not overlap inputs. V8 computes in
 * doubles, so Float64Array is the faster type.
 */

export type Floats = Float32Array | Float64Array;

/** y (N, R) += x (N, K) · wᵀ, w (R, K). */
export function addLinear(y: Floats, x: Floats, w: Floats, N: number, K: number, R: number): void {
  for (let n = 0; n < N; n++) {
    const xAt = n * K;
    const yAt = n * R;
    let r = 0;
    for (; r + 3 < R; r += 4) {
      let wAt = r * K;
      let sum0 = y[yAt + r];
      let sum1 = y[yAt + r + 1];
      let sum2 = y[yAt + r + 2];
      let sum3 = y[yAt + r + 3];
      for (let k = xAt; k < xAt + K; k++) {
        const xk = x[k];
        sum0 += w[wAt] * xk;
        sum1 += w[wAt + K] * xk;
        sum2 += w[wAt + 2 * K] * xk;
        sum3 += w[wAt + 3 * K] * xk;
        wAt++;
      }
      y[yAt + r] = sum0;
      y[yAt + r + 1] = sum1;
      y[yAt + r + 2] = sum2;
      y[yAt + r + 3] = sum3;
    }
    for (; r < R; r++) {
      let sum = y[yAt + r];
      for (let k = 0; k < K; k++) sum += w[r * K + k] * x[xAt + k];
      y[yAt + r] = sum;
    }
  }
}

/** dx (N, K) += dy (N, R) · w, w (R, K). */
export function addLinearInputGradient(
  dx: Floats,
  dy: Floats,
  w: Floats,
  N: number,
  K: number,
  R: number,
): void {
  for (let n = 0; n < N; n++) {
    const dyAt = n * R;
    let k = 0;
    for (; k + 3 < K; k += 4) {
      const dxAt = n * K + k;
      let sum0 = dx[dxAt];
      let sum1 = dx[dxAt + 1];
      let sum2 = dx[dxAt + 2];
      let sum3 = dx[dxAt + 3];
      let wAt = k;
      for (let r = dyAt; r < dyAt + R; r++) {
        const dyr = dy[r];
        sum0 += dyr * w[wAt];
        sum1 += dyr * w[wAt + 1];
        sum2 += dyr * w[wAt + 2];
        sum3 += dyr * w[wAt + 3];
        wAt += K;
      }
      dx[dxAt] = sum0;
      dx[dxAt + 1] = sum1;
      dx[dxAt + 2] = sum2;
      dx[dxAt + 3] = sum3;
    }
    for (; k < K; k++) {
      let sum = dx[n * K + k];
      for (let r = 0; r < R; r++) sum += dy[dyAt + r] * w[r * K + k];
      dx[n * K + k] = sum;
    }
  }
}

/** dw (R, K) += dyᵀ (R, N) · x (N, K). */
export function addLinearWeightGradient(
  dw: Floats,
  dy: Floats,
  x: Floats,
  N: number,
  K: number,
  R: number,
): void {
  for (let r = 0; r < R; r++) {
    let k = 0;
    for (; k + 3 < K; k += 4) {
      const dwAt = r * K + k;
      let sum0 = dw[dwAt];
      let sum1 = dw[dwAt + 1];
      let sum2 = dw[dwAt + 2];
      let sum3 = dw[dwAt + 3];
      let xAt = k;
      for (let n = r; n < N * R; n += R) {
        const dyn = dy[n];
        sum0 += dyn * x[xAt];
        sum1 += dyn * x[xAt + 1];
        sum2 += dyn * x[xAt + 2];
        sum3 += dyn * x[xAt + 3];
        xAt += K;
      }
      dw[dwAt] = sum0;
      dw[dwAt + 1] = sum1;
      dw[dwAt + 2] = sum2;
      dw[dwAt + 3] = sum3;
    }
    for (; k < K; k++) {
      let sum = dw[r * K + k];
      for (let n = 0; n < N; n++) sum += dy[n * R + r] * x[n * K + k];
      dw[r * K + k] = sum;
    }
  }
}

/** y (N, R) = the same bias (R) in each row: what `addLinear` starts from. */
export function fillRows(y: Floats, bias: Floats, N: number, R: number): void {
  for (let n = 0; n < N; n++) {
    for (let r = 0; r < R; r++) y[n * R + r] = bias[r];
  }
}

/** dbias (R) += the sum of dy's (N, R) rows. */
export function addRowSum(dbias: Floats, dy: Floats, N: number, R: number): void {
  for (let n = 0; n < N; n++) {
    for (let r = 0; r < R; r++) dbias[r] += dy[n * R + r];
  }
}
