// One place for a geometry: where a mark or a bubble stands for it. For drawing, not for measuring.

export function anchor(geometry: GeoJSON.Geometry | null): GeoJSON.Position | null {
  switch (geometry?.type) {
    case "Point":
      return geometry.coordinates;
    case "LineString":
      return geometry.coordinates[Math.floor(geometry.coordinates.length / 2)] ?? null;
    case "Polygon":
      return middle(geometry.coordinates[0] ?? []);
    case "MultiPolygon":
      return middle(geometry.coordinates[0]?.[0] ?? []);
    default:
      return null;
  }
}

/** Mean of the corners; the closing one counts once. */
function middle(ring: GeoJSON.Position[]): GeoJSON.Position | null {
  const corners = ring.slice(0, -1);
  if (corners.length === 0) return null;
  const sum = corners.reduce<[number, number]>(([x, y], corner) => [x + (corner[0] ?? 0), y + (corner[1] ?? 0)], [0, 0]);
  return [sum[0] / corners.length, sum[1] / corners.length];
}
