# A trigger of its own, not the function's event_trigger: only here can the content type be said, and Firestore's events
# have one form, protobuf. `created`, not `written`: marking a notice as sent must not call the function again.
resource "google_eventarc_trigger" "main" {
  project                 = var.project_id
  location                = var.location
  name                    = var.name
  service_account         = var.account_email
  event_data_content_type = "application/protobuf"

  matching_criteria {
    attribute = "type"
    value     = "google.cloud.firestore.document.v1.created"
  }

  matching_criteria {
    attribute = "database"
    value     = var.database
  }

  matching_criteria {
    attribute = "document"
    operator  = "match-path-pattern"
    value     = var.document
  }

  destination {
    cloud_run_service {
      service = var.service
      region  = var.region
    }
  }
}
