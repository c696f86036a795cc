/**
 * The image as it is pulled: through the mirror of its registry, where there is one. A thousand VMs that pull from one public
 * registry are the commonest mass failure, so `quay.io` and friends get an Artifact Registry remote.
 */
export function mirroredImage(image: string, mirrors: Readonly<Record<string, string>>): string {
  const slash = image.indexOf("/");
  const first = slash < 0 ? "" : image.slice(0, slash);
  // As docker reads it: a first part with a dot, a colon or `localhost` is a registry, else Docker Hub's is meant.
  const named = /[.:]/.test(first) || first === "localhost";
  const registry = named ? first : "docker.io";
  const mirror = mirrors[registry];
  if (mirror === undefined) return image;
  const path = named ? image.slice(slash + 1) : slash < 0 ? `library/${image}` : image;
  return `${mirror.replace(/\/+$/, "")}/${path}`;
}
