output "channels" {
  description = "Notification channels, for a budget to use too."
  value       = [for channel in google_monitoring_notification_channel.main : channel.id]
}
