# Wrong input is refused before anything is made. The provider is mocked: no cloud, no credentials, no built bundle.
mock_provider "google" {}

variables {
  project_id   = "my-lab-123"
  alert_emails = ["ada@lab.org"]
  source_zip   = "variables.tf"
  indexes_file = "tests/indexes.json"
}

run "name_for_id_zone_for_region_default_database" {
  command = plan
  variables {
    project_id = "My Lab"
    region     = "us-central1-a"
    name       = "a-name-of-nineteenx"
    database   = "(default)"
  }
  expect_failures = [var.project_id, var.region, var.name, var.database]
}

run "number_for_id_multi_region_for_region" {
  command = plan
  variables {
    project_id = "123456789012"
    region     = "US"
  }
  expect_failures = [var.project_id, var.region]
}

run "no_bundle_and_a_config_that_is_a_list" {
  command = plan
  variables {
    source_zip  = "no-such-bundle.zip"
    config_file = "tests/not-a-mapping.yaml"
  }
  expect_failures = [var.source_zip, var.config_file]
}

run "config_that_is_not_there" {
  command = plan
  variables {
    config_file = "no-such-file.yaml"
  }
  expect_failures = [var.config_file]
}

run "everybody_is_no_user_and_a_principal_no_address" {
  command = plan
  variables {
    users        = ["allUsers"]
    authors      = ["allAuthenticatedUsers"]
    alert_emails = ["user:ada@lab.org"]
  }
  expect_failures = [var.users, var.authors, var.alert_emails]
}

run "address_without_domain_and_silence_shorter_than_a_pass" {
  command = plan
  variables {
    alert_emails      = ["ada"]
    heartbeat_minutes = 5
  }
  expect_failures = [var.alert_emails, var.heartbeat_minutes]
}

run "url_for_bucket_name" {
  command = plan
  variables {
    input_buckets      = ["gs://reads"]
    output_bucket      = "gs://results/run"
    image_repositories = ["us-central1-docker.pkg.dev/my-lab/tools"]
  }
  expect_failures = [var.input_buckets, var.output_bucket, var.image_repositories]
}

run "unencrypted_public_and_without_network" {
  command = plan
  variables {
    public_url    = "http://runs.lab.org"
    ip_range      = "8.8.8.0/24"
    image_mirrors = { "quay.io" = "http://quay.io" }
    network       = false
    nat           = true
  }
  expect_failures = [var.public_url, var.ip_range, var.image_mirrors, var.nat]
}

run "billing_account_by_its_name" {
  command = plan
  variables {
    billing_account = "my billing"
    monthly_budget  = 0
    currency        = "dollars"
  }
  expect_failures = [var.billing_account, var.monthly_budget, var.currency]
}
