output "database" {
  value = google_firestore_database.main.name
}

output "location" {
  value = google_firestore_database.main.location_id
}
