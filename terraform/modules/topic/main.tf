# Batch tells the ends of jobs here. They are hints: the poll looks every minute anyway, so nothing waits for one.
resource "google_pubsub_topic" "main" {
  project = var.project_id
  name    = var.name
}

resource "google_pubsub_topic" "dead" {
  project                    = var.project_id
  name                       = "${var.name}-dead"
  message_retention_duration = "604800s"
}

# Nobody reads it: it keeps for a week what could not be delivered, for a person to look at.
resource "google_pubsub_subscription" "dead" {
  project                    = var.project_id
  name                       = "${var.name}-dead"
  topic                      = google_pubsub_topic.dead.id
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "push" {
  project = var.project_id
  name    = "${var.name}-push"
  topic   = google_pubsub_topic.main.id

  # Not acknowledged in time is sent again while the first look still goes on: as long as the function may take, and some.
  ack_deadline_seconds = min(600, var.timeout_seconds + 30)
  # A hint that is ten minutes old says nothing the poll has not seen; ten minutes is also the least that Pub/Sub takes.
  message_retention_duration = "600s"
  # Says what is not wanted, so that a message in an unforeseen form comes through.
  filter = join(" AND ", [for state in ["QUEUED", "SCHEDULED", "RUNNING"] : "NOT attributes.NewJobState = \"${state}\""])

  push_config {
    push_endpoint = var.push_endpoint

    oidc_token {
      service_account_email = var.push_account_email
      audience              = var.audience
    }
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead.id
    max_delivery_attempts = 5
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "120s"
  }

  # By default a subscription without traffic for 31 days is deleted, and a quiet month would end the hints.
  expiration_policy {
    ttl = ""
  }
}
