"""What each simulated user does: fetch the start page, twenty times a second."""

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task
    def start_page(self) -> None:
        self.client.get("/")
