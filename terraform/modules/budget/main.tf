# It tells, it does not stop anything: caps on jobs, attempts and memory (`caps:` in bioagent.yaml) do.
resource "google_billing_budget" "main" {
  billing_account = var.billing_account
  display_name    = "${var.name}: ${var.project_id}"

  budget_filter {
    projects        = ["projects/${var.project_number}"]
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      currency_code = var.currency
      units         = tostring(var.amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1]
    content {
      threshold_percent = threshold_rules.value
      spend_basis       = "CURRENT_SPEND"
    }
  }

  threshold_rules {
    threshold_percent = 1
    spend_basis       = "FORECASTED_SPEND"
  }

  all_updates_rule {
    monitoring_notification_channels = var.channels
    disable_default_iam_recipients   = false
  }
}
