# Only the place. Its value is added by a person (`gcloud secrets versions add`), so no state file ever holds it, and a
# secret without a version is nothing worse than a channel that is not used yet.
resource "google_secret_manager_secret" "main" {
  project             = var.project_id
  secret_id           = var.name
  deletion_protection = var.protect

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = var.readers

  project   = var.project_id
  secret_id = google_secret_manager_secret.main.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value
}
