/**
 * Smallest Euclidean distance of the L2-normalised embedding to any centroid (0 to 2): how unlike everything seen in training it is.
 * Infinity when there is no centroid.
 */
export function distanceToCentroids(embedding: ArrayLike<number>, centroids: readonly (readonly number[])[]): number {
  const length = Math.hypot(...Array.from(embedding)) || 1
  return Math.min(...centroids.map((centroid) => Math.hypot(...centroid.map((value, index) => value - (embedding[index] ?? 0) / length))))
}
