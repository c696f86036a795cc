resource "google_cloud_scheduler_job" "main" {
  project          = var.project_id
  region           = var.region
  name             = var.name
  description      = var.description
  schedule         = var.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "${min(1800, var.timeout_seconds + 15)}s"

  # The next minute is the real retry; one at once covers an instance that was being replaced.
  retry_config {
    retry_count          = 1
    min_backoff_duration = "5s"
    max_backoff_duration = "10s"
  }

  http_target {
    http_method = "POST"
    uri         = var.uri

    oidc_token {
      service_account_email = var.account_email
      audience              = var.audience
    }
  }
}
