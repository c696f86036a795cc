# A mirror: the first pull of an image goes to the public registry, every other one stays in the region. A thousand VMs
# that pull at once then ask quay.io once.
resource "google_artifact_registry_repository" "main" {
  project       = var.project_id
  location      = var.region
  repository_id = var.name
  description   = "Images of ${var.registry}, kept as they are pulled."
  format        = "DOCKER"
  mode          = "REMOTE_REPOSITORY"

  remote_repository_config {
    description = var.registry

    docker_repository {
      public_repository = var.upstream == "DOCKER_HUB" ? "DOCKER_HUB" : null

      dynamic "custom_repository" {
        for_each = var.upstream == "DOCKER_HUB" ? [] : [var.upstream]
        content {
          uri = custom_repository.value
        }
      }
    }
  }

  cleanup_policies {
    id     = "not-pulled-anew"
    action = "DELETE"

    condition {
      older_than = "${var.keep_days * 24 * 60 * 60}s"
    }
  }
}

resource "google_artifact_registry_repository_iam_member" "reader" {
  project    = var.project_id
  location   = var.region
  repository = google_artifact_registry_repository.main.repository_id
  role       = "roles/artifactregistry.reader"
  member     = var.reader
}
