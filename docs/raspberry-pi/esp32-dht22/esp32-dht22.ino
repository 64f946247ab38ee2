// Publishes what a DHT22 measures, once a minute, as a line of text. Knows nothing of readings: edge makes them.
//
// Board: any ESP32 (Arduino core by Espressif). Libraries, by the names in the Arduino IDE's Library Manager: "MQTT" by
// Joel Gaehwiler, "DHT sensor library" by Adafruit. The DHT22's data pin is at GPIO 4, with a resistor of 10 kΩ to 3.3 V
// unless its board has one.

#include <DHT.h>
#include <MQTTClient.h>
#include <WiFi.h>

const char WIFI_NAME[] = "my wifi";
const char WIFI_PASSWORD[] = "its password";
const char BROKER[] = "192.168.1.20";  // the Pi's address: `hostname -I` there. Names like pi.local are not found here.
const char USER[] = "sensors";
const char PASSWORD[] = "the password of sensors";
const char TOPIC[] = "sensors/climate/livingroom";
const char CLIENT_ID[] = "esp32-livingroom";  // another one for each board
const unsigned long EVERY_MS = 60000;

WiFiClient network;
MQTTClient client(256);  // bytes: topic and text together have to fit
DHT dht(4, DHT22);
unsigned long published_ms = 0;

void setup() {
  Serial.begin(115200);
  dht.begin();
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
  client.begin(BROKER, 1883, network);
}

void loop() {
  client.loop();
  if (!client.connected()) {
    if (WiFi.status() == WL_CONNECTED) client.connect(CLIENT_ID, USER, PASSWORD);
    delay(1000);
    return;
  }
  if (published_ms != 0 && millis() - published_ms < EVERY_MS) return;

  char text[64];
  float celsius = dht.readTemperature(), humidity = dht.readHumidity();
  if (isnan(celsius) || isnan(humidity)) {
    // Becomes a dead letter, so that somebody hears of it. No digit in it, also none of a name: it could be read.
    snprintf(text, sizeof text, "the sensor does not answer");
  } else {
    snprintf(text, sizeof text, "T=%.1fC RH=%.1f%% RSSI=%ddBm", celsius, humidity, (int)WiFi.RSSI());
  }
  // QoS 1: comes back false unless the broker has it; then it is tried again.
  if (client.publish(TOPIC, text, false, 1)) published_ms = millis();
  Serial.println(text);
}
