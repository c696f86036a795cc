resource "google_monitoring_notification_channel" "main" {
  for_each = var.emails

  project      = var.project_id
  display_name = "${var.name}: ${each.value}"
  type         = "email"

  labels = {
    email_address = each.value
  }
}

# The poll prints one line of JSON at the end of every pass. Logging keeps a line that has nothing but a message as text.
resource "google_logging_metric" "main" {
  project     = var.project_id
  name        = "${var.name}-heartbeat"
  description = "Passes of the poll that came to their end."
  filter      = <<-EOT
    resource.type="cloud_run_revision"
    resource.labels.service_name="${var.service}"
    (jsonPayload.message="${var.message}" OR textPayload="${var.message}")
  EOT

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }
}

resource "google_monitoring_alert_policy" "main" {
  project               = var.project_id
  display_name          = "${var.name}: nobody watches the runs"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = [for channel in google_monitoring_notification_channel.main : channel.id]

  conditions {
    display_name = "no heartbeat for ${var.minutes} minutes"

    # Silence shows as zeros while the instance lives, and as no data at all once it is gone: both count.
    condition_threshold {
      filter                  = "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/${google_logging_metric.main.name}\""
      comparison              = "COMPARISON_LT"
      threshold_value         = 1
      duration                = "${var.minutes * 60}s"
      evaluation_missing_data = "EVALUATION_MISSING_DATA_ACTIVE"

      # Summed over revisions: else every deployment would end the old one's series, and raise an alarm.
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = <<-EOT
      The poll of ${var.name} has finished no pass for ${var.minutes} minutes. Jobs go on running, but nothing is decided, submitted or told.

      1. Look at its log: `gcloud functions logs read ${var.service} --project=${var.project_id} --limit=50`
      2. Look at its schedule: `gcloud scheduler jobs list --project=${var.project_id} --location=${var.region}`
      3. Ask it for a pass: `gcloud scheduler jobs run ${var.service} --project=${var.project_id} --location=${var.region}`

      Nothing is lost: the next pass goes on where the last one ended.
    EOT
  }
}
