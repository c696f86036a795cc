output "topic" {
  description = "projects/P/topics/T, as Batch wants it."
  value       = "projects/${var.project_id}/topics/${google_pubsub_topic.main.name}"
}

output "name" {
  value = google_pubsub_topic.main.name
}

output "dead_topic_name" {
  value = google_pubsub_topic.dead.name
}

output "push_subscription_name" {
  value = google_pubsub_subscription.push.name
}
