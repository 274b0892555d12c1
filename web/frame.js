// Places on the screen: degrees to pixels and back, in the plane that touches the earth at the middle of the view.

/** Metres are alike in both directions at the view's own latitude. */
export function frame(bbox, width, height, margin = 24) {
  const [west, south, east, north] = bbox;
  const middle = [(west + east) / 2, (south + north) / 2];
  const squeeze = Math.cos((middle[1] * Math.PI) / 180) || 1e-9;
  const across = Math.max((east - west) * squeeze, 1e-6);
  const up = Math.max(north - south, 1e-6);
  const scale = Math.min((width - 2 * margin) / across, (height - 2 * margin) / up);
  return {
    toPixel: ([lon, lat]) => [
      width / 2 + (lon - middle[0]) * squeeze * scale,
      height / 2 - (lat - middle[1]) * scale,
    ],
    toPlace: ([x, y]) => [
      middle[0] + (x - width / 2) / (squeeze * scale),
      middle[1] - (y - height / 2) / scale,
    ],
  };
}

/** Every position of a GeoJSON geometry, path by path. */
export function paths(geometry) {
  if (!geometry) return [];
  const { type, coordinates } = geometry;
  if (type === "Point") return [[coordinates]];
  if (type === "LineString") return [coordinates];
  if (type === "Polygon") return coordinates;
  if (type === "MultiPolygon") return coordinates.flat();
  return [];
}
