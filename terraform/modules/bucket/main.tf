resource "google_storage_bucket" "main" {
  project                     = var.project_id
  name                        = var.name
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.protect

  versioning {
    enabled = var.keep_versions > 0
  }

  dynamic "soft_delete_policy" {
    for_each = var.soft_delete_days == null ? [] : [var.soft_delete_days * 24 * 60 * 60]
    content {
      retention_duration_seconds = soft_delete_policy.value
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.keep_versions > 0 ? [var.keep_versions] : []
    content {
      action {
        type = "Delete"
      }
      condition {
        num_newer_versions = lifecycle_rule.value
        with_state         = "ARCHIVED"
      }
    }
  }

  # What an upload left behind when it was cut off is paid for until it is removed.
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }
}
